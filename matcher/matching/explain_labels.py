"""Words for what the engine's explanations hold as codes: promise, verdicts, facts, gaps, scores."""

from matcher.core.labels import Label

#: From which probability of being accepted a pairing is called how.
LIKELY, WORTH_A_LOOK = 0.6, 0.3
PROMISE_LIKELY = Label("很可能合适", "Very likely")
PROMISE_LOOK = Label("值得一看", "Worth a look")
PROMISE_REFERENCE = Label("供参考", "For reference")


def promise(score: float) -> Label:
    """Return the words for the score of a pairing."""
    if score >= LIKELY:
        return PROMISE_LIKELY
    return PROMISE_LOOK if score >= WORTH_A_LOOK else PROMISE_REFERENCE


VERDICT_LABELS = {
    "met": Label("达到", "Met"),
    "nearly": Label("接近", "Nearly"),
    "not_met": Label("未达到", "Not met"),
    "unknown": Label("未知", "Unknown"),
}

#: The facts in the order of their weight in a talk.
FACT_LABELS = {
    "price": Label("预算与价格", "Budget and price"),
    "trl": Label("成熟度", "Readiness"),
    "cooperation": Label("合作方式", "Cooperation"),
    "fields": Label("技术领域", "Technology field"),
    "industries": Label("行业", "Industry"),
    "emerging": Label("新兴产业", "Emerging industry"),
    "ipc": Label("IPC 分类", "IPC class"),
    "region": Label("地区", "Region"),
}

#: What is missing, and what to ask; `{about}` is the indicator.
GAP_LABELS = {
    "need_without_indicators": Label("需求没有量化指标", "The need has no figures"),
    "need_without_budget": Label("需求没有写预算", "The need names no budget"),
    "need_without_trl": Label("需求没有写期望成熟度", "The need names no readiness"),
    "need_without_cooperation": Label("需求没有写合作方式", "The need names no form of cooperation"),
    "offer_without_indicators": Label("成果没有性能指标", "The result has no figures"),
    "offer_without_price": Label("成果没有写价格", "The result names no price"),
    "offer_without_trl": Label("成果没有写成熟度", "The result names no readiness"),
    "offer_without_cooperation": Label("成果没有写合作方式", "The result names no form of cooperation"),
    "claim_missing": Label("成果没有提到：{about}", "The result says nothing of: {about}"),
    "claim_unclear": Label("双方说法无法直接比较：{about}", "What both say cannot be compared: {about}"),
}

ASK_NEED, ASK_OFFER = "need", "offer"
#: Whom to ask, and the question.
QUESTIONS = {
    "need_without_indicators": (
        ASK_NEED,
        Label(
            "请补充量化指标：做到什么数值算解决，怎样测？",
            "Please add figures: what would count as solved, and how is it measured?",
        ),
    ),
    "need_without_budget": (
        ASK_NEED,
        Label("请补充预算：打算投入多少，怎样付款？", "Please add the budget: how much, and paid how?"),
    ),
    "need_without_trl": (
        ASK_NEED,
        Label(
            "请补充期望的成熟度：要样品、中试还是直接量产？",
            "Please add the readiness you expect: a sample, a pilot run or series production?",
        ),
    ),
    "need_without_cooperation": (
        ASK_NEED,
        Label(
            "请补充合作方式：希望委托、联合开发还是许可？",
            "Please add how you want to work together: commission, joint development or licence?",
        ),
    ),
    "offer_without_indicators": (
        ASK_OFFER,
        Label(
            "请补充性能指标：有哪些实测数据和检测报告？",
            "Please add figures: what has been measured, and which reports are there?",
        ),
    ),
    "offer_without_price": (
        ASK_OFFER,
        Label("请补充价格：转让、许可或服务怎样报价？", "Please add the price: of transfer, licence or service?"),
    ),
    "offer_without_trl": (
        ASK_OFFER,
        Label(
            "请补充成熟度：做到了小试、中试还是量产？",
            "Please add the readiness: laboratory, pilot or series scale?",
        ),
    ),
    "offer_without_cooperation": (
        ASK_OFFER,
        Label(
            "请补充合作方式：愿意许可、转让、合作开发还是提供服务？",
            "Please add how you would work together: licence, transfer, joint development or service?",
        ),
    ),
    "claim_missing": (
        ASK_OFFER,
        Label(
            "请补充这些指标的实测值和测试条件：{about}。",
            "Please add what you reach, and measured how: {about}.",
        ),
    ),
    "claim_unclear": (
        ASK_OFFER,
        Label(
            "请说明测试条件，并换算成需求的口径：{about}。",
            "Please say how it was measured, in the terms of the need: {about}.",
        ),
    ),
}

SCORE_LABELS = {
    "rank": Label("综合证据", "Evidence in all"),
    "evidence": Label("文字证据", "Evidence of the texts"),
    "cosine": Label("含义相近程度", "Closeness of meaning"),
    "dense": Label("含义证据", "Evidence of meaning"),
    "bm25": Label("用词重合（原值）", "Shared wording (raw)"),
    "words": Label("用词证据", "Evidence of wording"),
    "cross": Label("精读复核", "Close reading"),
    "whole": Label("全文相近程度", "Closeness of the whole texts"),
    "alignment": Label("句子对应程度", "Sentences that answer each other"),
    "rarity": Label("共有稀见词比重", "Share of the rare terms"),
    "same_language": Label("语言相同", "Same language"),
    "need_length": Label("需求篇幅", "Length of the need"),
    "offer_length": Label("成果篇幅", "Length of the result"),
    "coverage": Label("指标满足比例", "Share of demands met"),
    "conflict": Label("指标冲突比例", "Share of demands contradicted"),
    "precedent": Label("相似需求此前的决定", "Earlier decisions on similar needs"),
    "ranker": Label("排序版本（0 为初始公式）", "Version of the ranking (0 is the formula)"),
}


def score_label(code: str) -> Label:
    """Return the name of a sub-score; one that is not known here shows its code."""
    return SCORE_LABELS.get(code) or FACT_LABELS.get(code) or Label(code, code)
