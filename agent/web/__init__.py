"""What the world sees of an outpost: the pixel, links, the page that ends mail and tracking, forms."""
