"""The instructor's side: a course folder, collecting, grading in a sandbox, feedback, reports."""
