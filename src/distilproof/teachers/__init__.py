"""Teachers: how each is asked, how it is pinned, and how one sees that it moved."""
