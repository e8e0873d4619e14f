"""The tabs over every page of a project for staff: one declared row, whichever blueprint a page belongs to."""

from dataclasses import dataclass

from matcher.core.labels import Label


@dataclass(frozen=True, slots=True)
class Tab:
    """Name a page of a project by its endpoint, which takes `project_id`."""

    endpoint: str
    label: Label


TABS: tuple[Tab, ...] = (
    Tab("projects.show", Label("立项", "Set-up")),
    Tab("experts.panels", Label("专家与评审", "Experts and reviews")),
    Tab("bids.of_project", Label("揭榜", "Bids")),
    Tab("delivery.of_project", Label("任务书与实施", "Task books and progress")),
    Tab("gates.of_project", Label("赛马节点", "Gates of the race")),
    Tab("projects.timeline", Label("时间线", "Timeline")),
)
