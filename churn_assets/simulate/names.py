"""Names of people who do not exist."""

_WOMEN = """
Aaliyah Abigail Adriana Amelia Aubrey Ava Bella Brianna Camila Cecilia Chloe Cierra Daniela Elena Ella Emily
Evelyn Faith Grace Hannah Isabella Jacqueline Jayden Kate Katherine Kinsley Layla Lily Lucia Madison Maya Mia
Natalie Nora Olivia Penelope Rylee Samantha Sofia Tegan Valerie Wynnifer Zoey
"""
_MEN = """
Aiden Alexander Anthony Ayden Braxon Caleb Carter Christopher Colin Dakota Daniel Dominic Elijah Ethan Gavin
Henry Isaac Jackson Jaleel Jordan Joseph Kason Kevin Liam Logan Lucas Mason Matthew Noah Oliver Owen Pablo
Royal Ryan Samuel Sean Theodore Tucker Walter William Xavier Zachary
"""
_SURNAMES = """
Adams Allen Anderson Arellano Baker Barnes Bell Brooks Campbell Carter Chen Clark Cook Cruz Davila Diaz
Edwards Evans Finley Flores Foster Garcia Gomez Gray Green Griffin Guerrero Hall Harris Hayes Hill Howard
Hughes Jackson James Jenkins Johnson Jones Kelly Kim King Klein Lee Lewis Lopez Martin Mendoza Mercado Miller
Mitchell Moore Morgan Mullins Myers Nash Nelson Nguyen O'Brien Owens Padilla Parker Patel Perez Phillips
Powell Price Ramirez Reed Rivera Roberts Robinson Rogers Ross Russell Sanchez Schmidt Scott Smith Stewart
Sullivan Taylor Thomas Thompson Torres Turner Walker Ward Washington Watson West White Williams Wilson Wood
Wright Young
"""

WOMEN, MEN, SURNAMES = (tuple(names.split()) for names in (_WOMEN, _MEN, _SURNAMES))
