"""What people are told of an introduction. These texts leave the house by mail: a need that is not open has only its number
in them, and nobody's name or address is in any.
"""

from matcher.core.labels import Label
from matcher.matching.fair_words import fair_words
from matcher.matching.introduction_model import Introduction, Party
from matcher.messages.service import Text
from matcher.needs.model import Need
from matcher.offers.model import Offer


def named_need(need: Need) -> Label:
    """Name a need: by its title if everybody may read that, else by its number."""
    if need.disclosure == "open":
        return Label(f"“{need.title}”", f"“{need.title}”")
    return Label(f"需求 {need.number}", f"need {need.number}")


def named_offer(offer: Offer) -> Label:
    """Name a result by its title."""
    return Label(f"“{offer.title}”", f"“{offer.title}”")


_OPENED = {
    Party.NEED: (
        Label("有一项成果，可能解决您的{need}", "A result may answer your {need}"),
        Label(
            "撮合人员看过之后认为，成果{offer}值得您了解。页面上写明了理由和双方的指标。\n\n"
            "请告诉我们您是否有意向；三个简短的问题，几分钟就能答完。双方都同意之前，不会透露联系方式。",
            "Having looked at both, our desk thinks that the result {offer} is worth your time. The page says why, figure by figure.\n\n"
            "Please tell us whether you are interested: three short questions, a few minutes. "
            "No contact is passed on before both sides agree.",
        ),
    ),
    Party.OFFER: (
        Label("有一项需求，可能用得上您的成果{offer}", "A need may have use for your result {offer}"),
        Label(
            "撮合人员看过之后认为，您的成果可能解决{need}。页面上写明了理由。\n\n"
            "请告诉我们您是否有意向；三个简短的问题，几分钟就能答完。双方都同意之前，不会透露联系方式。",
            "Having looked at both, our desk thinks that your result may answer {need}. The page says why.\n\n"
            "Please tell us whether you are interested: three short questions, a few minutes. "
            "No contact is passed on before both sides agree.",
        ),
    ),
}  # fmt: skip


def opened(party: Party, need: Need, offer: Offer) -> Text:
    """Tell a side that an introduction waits for its answer."""
    title, body = _OPENED[party]
    names = {"need": named_need(need), "offer": named_offer(offer)}
    return Text(title.format(**names), body.format(**names))


def interested(introduction: Introduction) -> Text:
    """Tell a side that the other one is interested."""
    return Text(
        Label("对方有意向，等您答复", "The other side is interested and waits for you"),
        Label(
            "引荐 {number} 的对方已经表示愿意进一步了解。您同意后，双方就能看到彼此的联系方式。",
            "The other side of introduction {number} would like to go on. Once you agree, both see whom to call.",
        ).format(number=introduction.number),
    )


def agreed(introduction: Introduction) -> Text:
    """Tell both sides that they may talk now."""
    return Text(
        Label("双方都有意向，可以直接联系了", "Both sides are interested: you can talk now"),
        Label(
            "引荐 {number} 的双方都同意进一步合作。页面上可以看到对方的单位、联系人和电话。\n\n"
            "建议先约一次半小时的交流，把不清楚的问题说开。有需要时，撮合人员可以陪同。",
            "Both sides of introduction {number} agreed. The page names the organisation, the person and the telephone.\n\n"
            "Half an hour on the telephone is a good beginning. The desk joins you if that helps.",
        ).format(number=introduction.number),
    )


def declined(need: Need, offer: Offer, reason: str | None, audience: Party) -> Text:
    """Tell a side, in fair words, that it goes no further."""
    about = named_offer(offer) if audience is Party.NEED else named_need(need)
    return Text(
        Label("这次对接没有继续：{about}", "It goes no further this time: {about}").format(about=about),
        Label(
            "{why}\n\n谢谢您花时间考虑。系统会继续为您留意更合适的对象。",
            "{why}\n\nThank you for your time. We go on looking for a better partner.",
        ).format(why=fair_words(reason, audience)),
    )


def taken_back(introduction: Introduction) -> Text:
    """Tell a side that the desk took the introduction back, or put it off."""
    return Text(
        Label("引荐 {number} 暂时撤回", "Introduction {number} is taken back for now").format(number=introduction.number),
        Label(
            "撮合人员暂时撤回了这次引荐，您不需要再答复。条件合适时我们会再与您联系。",
            "The desk has taken this introduction back for now; no answer is needed. We come back when the time is right.",
        ),
    )  # fmt: skip


def reminder(introduction: Introduction, days_left: int) -> Text:
    """Remind a side that an introduction waits."""
    return Text(
        Label("引荐 {number} 还在等您的答复", "Introduction {number} waits for your answer").format(number=introduction.number),
        Label(
            "如果您有意向，花几分钟回答三个问题就可以；如果不合适，选一个原因就可以，我们会委婉转达。还有 {days} 天到期。",
            "If you are interested, three short questions are all it takes; if not, choose a reason and we pass it on kindly. "
            "It runs out in {days} days.",
        ).format(days=days_left),
    )  # fmt: skip


def expired(introduction: Introduction) -> Text:
    """Tell a side that an introduction ran out."""
    return Text(
        Label("引荐 {number} 已到期", "Introduction {number} has run out").format(number=introduction.number),
        Label(
            "这次引荐在期限内没有收到双方的答复，已经结束。如果您仍有兴趣，请联系撮合人员，可以重新引荐。",
            "Not both sides answered in time, so this introduction has ended. If you are still interested, the desk can open it again.",
        ),
    )  # fmt: skip


_STEPS = {
    "meet": Label("双方要会谈了", "A meeting is on its way"),
    "negotiate": Label("双方进入洽谈", "The two sides negotiate"),
    "step_back": Label("对接退回到“有意向”", "Back to “interested”"),
    "contract": Label("双方签约了，祝贺", "There is a contract: congratulations"),
}


def step(action: str, need: Need, offer: Offer) -> Text:
    """Tell a side of a step that somebody else took."""
    body = Label("{need} 与成果{offer} 的对接有了新进展。", "There is news of {need} and the result {offer}.")
    return Text(_STEPS[action], body.format(need=named_need(need), offer=named_offer(offer)))


def noted(need: Need, offer: Offer) -> Text:
    """Tell a side that somebody wrote a note of a meeting."""
    return Text(
        Label("有一条新的会谈记录", "There is a new note of a meeting"),
        Label(
            "{need} 与成果{offer} 的对接有了会谈记录。", "A note was written on {need} and the result {offer}."
        ).format(need=named_need(need), offer=named_offer(offer)),
    )


def for_desk(title: Label, need: Need, offer: Offer, body: Label) -> Text:
    """Tell the desk; it reads numbers, which mean nothing to others."""
    names = Label("需求 {need}，成果 {offer}。", "Need {need}, result {offer}. ").format(
        need=need.number, offer=offer.number
    )
    return Text(title, Label(names.zh + body.zh, names.en + body.en))


def no_account(party: Party) -> Label:
    """Say that nobody can be reached on the platform."""
    side = Label("需求方", "asking side") if party is Party.NEED else Label("成果方", "offering side")
    return Label(
        "{side}在平台上没有账号，请电话联系，并代为填写答复。",
        "The {side} has no account here: please call them and enter what they answer.",
    ).format(side=side)
