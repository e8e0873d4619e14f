"""The lifecycle of a pairing, from suggestion to contract."""

from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition
from matcher.matching.model import PairingState

_S = PairingState
UNDER_WAY = (_S.SHORTLISTED, _S.INTRODUCED, _S.INTERESTED, _S.MEETING, _S.NEGOTIATING)

PAIRING_LIFECYCLE = Lifecycle(
    "pairing",
    (
        Transition("accept", (_S.SUGGESTED, _S.DEFERRED), _S.SHORTLISTED),
        Transition("introduce", (_S.SHORTLISTED,), _S.INTRODUCED),
        Transition("interest", (_S.INTRODUCED,), _S.INTERESTED),
        Transition("meet", (_S.INTRODUCED, _S.INTERESTED), _S.MEETING),
        Transition("negotiate", (_S.INTERESTED, _S.MEETING), _S.NEGOTIATING),
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
