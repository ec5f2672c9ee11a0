"""A course: personal lessons out, answers in; nobody's code is ever run.

| module | what it holds |
|---|---|
| `roster` | who is in the course, as Moodle, Canvas and Blackboard export it |
| `seeds` | the chance that belongs to one student in one lesson |
| `answers` | the hand-in: what `lab.submit()` writes and grading reads |
| `draws` | the table that belongs to one student |
| `plan` | course.toml: weeks, lessons, deadlines, points and words; printed as a syllabus |
"""
