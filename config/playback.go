package config

// Playback is how viewers are let in to channels whose access is token.
type Playback struct {
	// TokenSecret signs the addresses. Where neither it nor a file is given, one is made at the first start
	// and kept in the data folder.
	TokenSecret     Secret `yaml:"token_secret"`
	TokenSecretFile string `yaml:"token_secret_file"`
	// TokenTTL is how long a signed address lets a viewer in.
	TokenTTL Duration `yaml:"token_ttl" reload:"live"`
}

// leastTokenSecret is the length of the hash that the signature is made with (RFC 2104 §3).
const leastTokenSecret = 32

func (p *Playback) validate(v *validator) {
	v.secret("playback.token_secret", p.TokenSecret, p.TokenSecretFile, leastTokenSecret, false)
	v.between("playback.token_ttl", p.TokenTTL, 1*minute, 30*24*60*minute)
}
