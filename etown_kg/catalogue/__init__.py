"""What the graph says of itself, made from the data by counting, never by hand.

census        how many triples, terms, properties and classes there are, kept up to date
statistics    these counts as values, from the graph's own description or counted by queries
void          them in terms of VoID
dcat          the catalogue: datasets, their distributions, the service
dumps         the files in which the graph can be taken away
coverage      for which indicators, places and periods there are figures
description   all of that as the triples of ``graph/meta``, which follow every change
assembled     the same for data that do not describe themselves
published     the same for who shows it
documents     the same for who does not read RDF: schema.org's Dataset, Croissant
"""
