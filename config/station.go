package config

// Station is who broadcasts.
type Station struct {
	// Name stands in playlists, the guide and the pages' titles.
	Name string `yaml:"name" reload:"live"`
	// Zone is the zone of the station's days and printed times.
	Zone Zone `yaml:"zone"`
}
