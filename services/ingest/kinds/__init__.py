"""The forms sources come in, one file each; `read(source, page)` gives the documents of a page.

A kind raises UnreadablePageError if the page is not of its form, and reports an item it cannot read as a problem.
"""
