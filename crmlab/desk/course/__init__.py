"""A course: personal lessons out, answers in; nobody's code is ever run.

| module | what it holds |
|---|---|
| `seeds` | the chance that belongs to one student in one lesson |
| `roster` | who is in the course, as Moodle, Canvas and Blackboard export it |
| `lines` | a lesson's own lines run again: the table a student will open |
| `exam` | the questions of an exam, on data drawn with the course's secret |
| `plan` | course.toml: weeks, lessons, deadlines, points and words; printed as a syllabus |
| `draws` | the table that belongs to one student |
| `crowd` | the same work for many students, side by side |
| `answers` | the hand-in: what `lab.submit()` writes and grading reads |
| `envelopes` | hand-ins opened within limits, as text, from folders and archives |
| `senders` | who sent it and when, by what the platform writes |
| `intake` | which hand-in counts for whom; what does not, and why |
| `marking` | a student's truth, and the answers judged on it |
| `ledger` | the list of what was handed out, and the truths kept beside it |
| `likeness` | wrong numbers that are right on somebody else's data |
| `gradebook` | marks added up, for us and for the platform |
| `feedback` | a page for each student |
| `rubric` | answers in words, to be read by a person, and back |
| `defence` | a question to each student about the own numbers |
| `classreport` | what the class took home, and what to teach next |
| `grading` | `crmlab grade`: all of these |
"""
