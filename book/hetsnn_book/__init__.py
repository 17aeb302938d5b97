"""The paper's companion: its experiments and claims, its chapters' figures, the command line, the build."""
