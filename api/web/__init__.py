"""The desk's pages: server-rendered, and every one works as a plain link."""
