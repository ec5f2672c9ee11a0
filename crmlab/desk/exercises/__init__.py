"""Exercises that know the mistake: data in a toml file, truth and mistakes as functions of the student's own data.

| module | what it holds |
|---|---|
| `reply` | what a student is told: a symbol, a word, a sentence |
| `kinds` | how an answer is read and compared: numbers, labels, orderings |
| `exercise` | an exercise, its personal version, and the judgement of an answer |
| `summary` | the management summary of which two sentences claim too much |
| `books` | a lesson's exercises: its toml and its functions |
| `loyalty` … | the functions of a lesson, one file each, with its toml beside it |

A teacher changes questions, hints, messages and points in the toml file; no Python is needed for that. A new
exercise adds a table to the toml and an :class:`~crmlab.desk.exercises.exercise.Exercise` of the same name to
the module.
"""
