package station

import (
	"crypto/tls"
	"fmt"

	"podium.tv/podium/config"
)

// inTLS reads the certificate of a server inside TLS. It is nil where none is wanted.
func inTLS(key string, c config.ListenTLS) (*tls.Config, error) {
	if c.Listen.IsOff() {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("read %s certificate: %w", key, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}
