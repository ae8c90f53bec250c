package config

import "strings"

// secretFile pairs a secret with the key that names its file.
type secretFile struct {
	key  string
	path string
	into value
}

func (c *Config) secretFiles() []secretFile {
	files := []secretFile{
		{"storage.s3.secret_key", c.Storage.S3.SecretKeyFile, &c.Storage.S3.SecretKey},
		{"catalogue.url", c.Catalogue.URLFile, &c.Catalogue.URL},
		{"srt.passphrase", c.SRT.PassphraseFile, &c.SRT.Passphrase},
		{"playback.token_secret", c.Playback.TokenSecretFile, &c.Playback.TokenSecret},
	}
	for i := range c.Feeds {
		f, at := &c.Feeds[i], index("feeds", i)
		files = append(files, secretFile{at + ".stream_key", f.StreamKeyFile, &f.StreamKey})
		for n := range f.Inputs {
			in, at := &f.Inputs[n], index(at+".inputs", n)
			files = append(files, secretFile{at + ".password", in.PasswordFile, &in.Password},
				secretFile{at + ".passphrase", in.PassphraseFile, &in.Passphrase})
		}
	}
	for i := range c.Hooks {
		h := &c.Hooks[i]
		files = append(files, secretFile{index("hooks", i) + ".secret", h.SecretFile, &h.Secret})
	}
	return files
}

// readSecrets reads the secrets that stand in files of their own. A secret that is given here as well is
// left for the check to refuse.
func (c *Config) readSecrets() Problems {
	v := validator{set: &c.set}
	for _, s := range c.secretFiles() {
		if s.path == "" || !isEmpty(s.into) {
			continue
		}
		const most = 64 << 10
		b, err := readFile(s.path, most)
		if err != nil {
			v.add(s.key+"_file", "expected a file that can be read: "+err.Error())
			continue
		}
		text := strings.TrimRight(string(b), "\r\n")
		if text == "" {
			v.mismatch(s.key+"_file", "a file with the secret in it", s.path)
			continue
		}
		c.set.markFiled(s.key)
		if err := s.into.UnmarshalText([]byte(text)); err != nil {
			v.add(s.key+"_file", "expected "+s.into.expected()+" in the file, got something else")
		}
	}
	return v.problems
}

func isEmpty(v value) bool {
	z, ok := v.(interface{ IsZero() bool })
	return ok && z.IsZero()
}
