"""A working copy to try everything on: a fictional agency's mailbox and CRM, apart from the user's own."""

from agent.demo.sample_edits import stage
from agent.demo.working_copy import SENT_TO_NOBODY, prepare

__all__ = ["SENT_TO_NOBODY", "prepare", "stage"]
