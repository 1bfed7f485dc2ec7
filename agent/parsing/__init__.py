"""Raw bytes of a mail taken apart, one matter a module; `agent.parse` puts the message together."""
