"""What a change means for people, told from what a stack would create before it and after it."""

from cyberhubs.changes.checkout import copy_commit, copy_working_tree, stacks_of, teams_of
from cyberhubs.changes.describe import describe
from cyberhubs.changes.differences import OPERATIONS, Change, differences
from cyberhubs.changes.people import team_changes
from cyberhubs.changes.record import record
from cyberhubs.changes.resource import Resource
from cyberhubs.changes.summary import MARK, Summary, Topic, comment

__all__ = [
    "MARK",
    "OPERATIONS",
    "Change",
    "Resource",
    "Summary",
    "Topic",
    "comment",
    "copy_commit",
    "copy_working_tree",
    "describe",
    "differences",
    "record",
    "stacks_of",
    "team_changes",
    "teams_of",
]
