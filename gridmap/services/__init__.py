"""Services: walking network, access to the nearest site, people served and not served."""
