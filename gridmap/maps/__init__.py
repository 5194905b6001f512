"""Maps: layer and style to folium pages; the only importer of folium."""
