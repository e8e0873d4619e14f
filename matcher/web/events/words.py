"""Words of the pages of events that are not those of a lifecycle."""

from matcher.core.labels import Label
from matcher.events.timetable import Lack

LACK_LABELS = {
    Lack.NO_PROPOSAL: Label("没有与到场各方的匹配", "No pairing with anybody who comes"),
    Lack.NO_COMMON_TIME: Label("与匹配对象没有共同的空闲时段", "No time at which possible partners are free too"),
    Lack.OTHERS_FULL: Label("匹配对象的会谈都已达到上限", "Possible partners have all the meetings they may have"),
    Lack.NO_ROOM: Label("桌位已满", "All tables are taken"),
    Lack.LESS_VALUE: Label("桌位留给了匹配度更高的会谈", "Tables went to more promising meetings"),
}
SAVED = Label("已保存“{title}”。", "“{title}” is saved.")
INVITED = Label("已邀请 {count} 家。", "{count} are invited.")
ANSWERED = Label("已记录您的答复，谢谢。", "Your answer is recorded. Thank you.")
DEPLOYED = Label("时间表已生效，并通知了会谈有变动的各方。", "The timetable is in force; everybody whose meetings changed is told.")  # fmt: skip
UNDONE = Label("已撤销，恢复到之前的安排。", "Undone; the timetable before is in force again.")
DISCARDED = Label("已放弃这份时间表，原有安排不变。", "The proposal is put aside; nothing has changed.")
BOOKED = Label("已约好会谈。", "The meeting is booked.")
TAKEN_BACK = Label("已取消这场会谈。", "The meeting is cancelled.")
RECORDED = Label("已记录会谈结果。", "The outcome is recorded.")
STEPPED = {
    "start": Label("对接会已开始。", "The event has started."),
    "finish": Label("对接会已结束。", "The event is over."),
    "cancel": Label("对接会已取消，并通知了各方。", "The event is cancelled and everybody is told."),
}
REDACTED = Label("脱敏需求：{fields}", "Confidential need: {fields}")
HIDDEN = Label("保密需求", "Confidential need")
ICS_TABLE = Label("{room} {place} 号桌", "{room}, table {place}")
ICS_TITLE = Label("会谈：{demand} × {supply}", "Meeting: {demand} × {supply}")
