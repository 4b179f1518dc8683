"""O curso sem instalar: o site, o PDF e os slides, feitos dos notebooks como estão guardados."""
