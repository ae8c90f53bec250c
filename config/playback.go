package config

// Playback is how viewers are let in to channels whose access is token.
type Playback struct {
	// TokenSecret signs the addresses. Where neither it nor a file is given, one is made at the first start
	// and kept in the data folder.
	TokenSecret     Secret `yaml:"token_secret"`
	TokenSecretFile string `yaml:"token_secret_file"`
	// PreviousSecrets still verify what they signed.
	PreviousSecrets []Secret `yaml:"previous_secrets"`
	// TokenGeneration ends all tokens when it changes.
	TokenGeneration int `yaml:"token_generation" reload:"live"`
	// SessionTTL bounds how long a device plays before it has to show again which it is.
	SessionTTL Duration `yaml:"session_ttl"`
	// TokenTTL is how long a signed address lets a viewer in.
	TokenTTL Duration `yaml:"token_ttl" reload:"live"`
}

// leastTokenSecret is the length of the hash that the signature is made with (RFC 2104 §3).
const leastTokenSecret = 32

// mostTokenSecrets bounds what each unknown token is tried against.
const mostTokenSecrets = 8

// highestGeneration leaves room for two of them in one number.
const highestGeneration = 1<<16 - 1

func (p *Playback) validate(v *validator) {
	v.secret("playback.token_secret", p.TokenSecret, p.TokenSecretFile, leastTokenSecret, false)
	v.atMost("playback.previous_secrets", len(p.PreviousSecrets), mostTokenSecrets)
	for i, secret := range p.PreviousSecrets {
		v.secret(index("playback.previous_secrets", i), secret, "", leastTokenSecret, true)
	}
	v.count("playback.token_generation", p.TokenGeneration, 0, highestGeneration)
	v.between("playback.session_ttl", p.SessionTTL, 1*minute, 30*24*60*minute)
	v.between("playback.token_ttl", p.TokenTTL, 1*minute, 30*24*60*minute)
}
