"""A working copy to try everything on: a fictional agency's mailbox and CRM, apart from the user's own."""

from agent.demo.working_copy import prepare

__all__ = ["prepare"]
