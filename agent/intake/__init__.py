"""Submissions of web forms on their way into the mail: kept, confirmed, known again, added to whom they are from."""
