"""The stages of an execution, what drives them, and who begins, stops and resumes it."""
