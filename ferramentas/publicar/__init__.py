"""O que o site, o PDF e os slides têm em comum: o curso sem instalar, feito dos notebooks como estão guardados."""
