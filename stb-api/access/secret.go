package access

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSecretFile bounds what is read of a file that may be anything.
const maxSecretFile = 64 << 10

// LoadSecret reads the secrets of a Signer from a file, one in base64 a line, the first of which signs, and
// makes the file with one secret of 32 bytes and mode 0600 where it is not there. To change the secret
// without ending the tokens that are out, put a new line on top and remove the old one once they have
// expired. A file that others can read is refused.
func LoadSecret(path string) ([][]byte, error) {
	secrets, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secrets, err
	}
	if err := makeSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make token secret: %w", err)
	}
	return readSecret(path)
}

func readSecret(path string) ([][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read token secret: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return nil, fmt.Errorf("read token secret %s: expected a file of at most %d bytes", path, maxSecretFile)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("read token secret %s: its mode is %04o, expected 0600: others could sign tokens", path, mode)
	}
	content, err := os.ReadFile(path) //nolint:gosec // The path comes from the operator's configuration.
	if err != nil {
		return nil, fmt.Errorf("read token secret: %w", err)
	}
	var secrets [][]byte
	lines := bufio.NewScanner(bytes.NewReader(content))
	for number := 1; lines.Scan(); number++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(secret) < leastSecret {
			return nil, fmt.Errorf("read token secret %s: line %d is not base64 of at least %d bytes", path, number, leastSecret)
		}
		secrets = append(secrets, secret)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read token secret %s: %w", path, err)
	}
	if err := CheckSecrets(secrets); err != nil {
		return nil, fmt.Errorf("read token secret %s: %w", path, err)
	}
	return secrets, nil
}

// makeSecret writes a new secret whole and then gives it its name, which fails where another process was
// first: a half-written file is never read, and two that start at once agree.
func makeSecret(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".secret-*") // Made with mode 0600.
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // Its other name stays.
	secret := make([]byte, leastSecret)
	if _, err := rand.Read(secret); err != nil {
		return errors.Join(err, file.Close())
	}
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(secret) + "\n")
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}
