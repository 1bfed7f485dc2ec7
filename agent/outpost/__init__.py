"""The outpost: what stands in the open for the agent, and the two ways to it (a folder, or HTTP)."""
