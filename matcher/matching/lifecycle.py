"""The lifecycle of a pairing, from suggestion to contract."""

from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition
from matcher.matching.model import PairingState

_S = PairingState
UNDER_WAY = (_S.SHORTLISTED, _S.INTRODUCED, _S.INTERESTED, _S.MEETING, _S.NEGOTIATING)
#: Both sides take part, and have a say of their own.
INTRODUCED_ON = (_S.INTRODUCED, _S.INTERESTED, _S.MEETING, _S.NEGOTIATING)
#: Reached only when both sides agreed to be named.
AGREED_ON = (_S.INTERESTED, _S.MEETING, _S.NEGOTIATING, _S.CONTRACTED)

PAIRING_LIFECYCLE = Lifecycle(
    "pairing",
    (
        Transition("accept", (_S.SUGGESTED, _S.DEFERRED), _S.SHORTLISTED),
        Transition("introduce", (_S.SHORTLISTED,), _S.INTRODUCED),
        Transition("interest", (_S.INTRODUCED,), _S.INTERESTED),
        Transition("withdraw", (_S.INTRODUCED,), _S.SHORTLISTED),
        Transition("meet", (_S.INTERESTED,), _S.MEETING),
        Transition("negotiate", (_S.INTERESTED, _S.MEETING), _S.NEGOTIATING),
        Transition("step_back", (_S.MEETING, _S.NEGOTIATING), _S.INTERESTED),
        Transition("contract", (_S.NEGOTIATING,), _S.CONTRACTED),
        Transition("decline", (_S.SUGGESTED, _S.DEFERRED, *UNDER_WAY), _S.DECLINED),
        Transition("defer", (_S.SUGGESTED, _S.DEFERRED, *UNDER_WAY), _S.DEFERRED),
        Transition("reopen", (_S.DECLINED, _S.DEFERRED, _S.SHORTLISTED), _S.SUGGESTED),
    ),
    {
        _S.SUGGESTED: Label("待评审", "To review"),
        _S.SHORTLISTED: Label("已入选", "Shortlisted"),
        _S.INTRODUCED: Label("已引荐", "Introduced"),
        _S.INTERESTED: Label("有意向", "Interested"),
        _S.MEETING: Label("会谈中", "Meeting"),
        _S.NEGOTIATING: Label("洽谈中", "Negotiating"),
        _S.CONTRACTED: Label("已签约", "Contracted"),
        _S.DECLINED: Label("不合适", "Declined"),
        _S.DEFERRED: Label("稍后再看", "Deferred"),
    },
)

#: What each action is called on a button.
ACTION_LABELS = {
    "accept": Label("合适，入选", "Fits: shortlist"),
    "introduce": Label("引荐双方", "Introduce both sides"),
    "withdraw": Label("撤回引荐", "Take the introduction back"),
    "interest": Label("双方都有意向", "Both are interested"),
    "meet": Label("安排会谈", "They meet"),
    "negotiate": Label("开始洽谈", "They negotiate"),
    "step_back": Label("退回“有意向”", "Step back to “interested”"),
    "contract": Label("已经签约", "They have a contract"),
    "decline": Label("不合适", "Does not fit"),
    "defer": Label("稍后再看", "Later"),
    "reopen": Label("重新评审", "Review again"),
}
