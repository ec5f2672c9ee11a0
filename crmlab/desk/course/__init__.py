"""A course: personal lessons out, answers in; nobody's code is ever run.

| module | what it holds |
|---|---|
| `seeds` | the chance that belongs to one student in one lesson |
| `roster` | who is in the course, as Moodle, Canvas and Blackboard export it |
| `lines` | a lesson's own lines run again: the table a student will open |
| `exam` | the questions of an exam, on data drawn with the course's secret |
| `plan` | course.toml: weeks, lessons, deadlines, points and words; printed as a syllabus |
| `draws` | the table that belongs to one student |
| `answers` | the hand-in: what `lab.submit()` writes and grading reads |
"""
