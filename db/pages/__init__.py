"""The pages of the site: one module a page, which reads all that its template shows; `registry` lists those of our own address."""
