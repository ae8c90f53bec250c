package config

import "path/filepath"

// Catalogue is the SQL database of what people edit.
type Catalogue struct {
	// URL is sqlite://PATH or postgres://user:password@host/database. Empty is SQLite in the data folder.
	URL CatalogueURL `yaml:"url"`
	// URLFile is a file that holds the address, for one with a password.
	URLFile string `yaml:"url_file"`
	// Connections bounds the pool.
	Connections int `yaml:"connections"`
	// Timeout bounds every query and transaction.
	Timeout Duration `yaml:"timeout"`
}

func (c *Catalogue) validate(v *validator) {
	v.either("catalogue.url", !c.URL.IsZero(), c.URLFile != "")
	v.count("catalogue.connections", c.Connections, 1, 1000)
	v.between("catalogue.timeout", c.Timeout, 1*second, 10*minute)
}

// CatalogueURL is the catalogue's address with its password: the one that was set, or the default one in
// the data folder.
func (c *Config) CatalogueURL() string {
	if !c.Catalogue.URL.IsZero() {
		return c.Catalogue.URL.Full()
	}
	return "sqlite://" + filepath.ToSlash(filepath.Join(c.DataDir, "catalogue.db"))
}
