"""A turma inteira: achar as entregas, julgar cada uma, guardar o que se concluiu e devolver as notas."""
