"""One module a facet: each reads its facet from a document and says on which words."""
