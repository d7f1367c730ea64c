"""What strangers may use up of the machine that serves the site, and what a browser may load: called by site/plugins/guard.py."""
