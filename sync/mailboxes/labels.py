"""Whether linked mail is labelled in its mailbox."""

from __future__ import annotations

from crm_model.options import OptionSpec, OptionType

LABEL_OPTION = OptionSpec(
    "label_linked",
    OptionType.BOOLEAN,
    "Label mail that is linked to a lead or an opportunity in the mailbox too: `CRM/Lead`, `CRM/Opportunity`.",
    default=False,
)
