"""A working copy to try everything on: a fictional agency's mailbox and CRM, apart from the user's own."""

from agent.demo.sample_edits import stage
from agent.demo.working_copy import prepare

__all__ = ["prepare", "stage"]
