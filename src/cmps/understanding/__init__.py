"""Understanding what was said: sentences become chips, refinements become edits.

* :func:`cmps.understanding.reading.understand` ``(text, language="en", now=Description(),
  focus=None) -> Understanding``: reads a description or a refinement.
* :func:`cmps.understanding.questions.question` ``(chip, language="en", now=Description()) ->
  Question`` words the question whether a chip holds;
  :func:`cmps.understanding.questions.read_answer` ``(text, language="en") -> Reply`` reads what
  the witness says to it.
* :func:`cmps.understanding.language.label` ``(chip, language) -> str`` shows a chip in a
  language; :func:`cmps.understanding.language.languages` lists the languages.

The records are in ``chips``, ``edits`` and ``result``; the codes in ``codes``; each language is a
file of ``languages/``.
"""
