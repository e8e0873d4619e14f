"""Setting projects up (立题): from needs to an argued, noticed and published project on a list (榜单)."""
