"""What the end-to-end tests share: exacheck under a stand-in for ExaBGP, real and hostile servers, a BGP lab."""
