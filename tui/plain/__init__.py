"""The desk as plain lines, over the same gateway as the screens."""
