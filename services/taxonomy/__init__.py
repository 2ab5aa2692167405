"""What things are called: minerals, technologies, measure types, life stages, countries and groups of countries.

Reads: the four vocabulary files beside this one, once. Writes and keeps: nothing.
Used by classify (to find), alert (to check and expand watchlists) and the rendering (labels in en, ja, zh).
When it fails: a wrong file raises TaxonomyError with every problem as file:line:column, and nothing is loaded.
"""
