"""Inline markup (XML, HTML, Office) as pieces of text: what is raised, lowered, a note or a citation stays known."""
