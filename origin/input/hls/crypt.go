package hls

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
)

// errEncrypted means that a stream is encrypted in a way that only licensed players may decrypt.
var errEncrypted = errors.New("the stream is encrypted")

// maxKeys is how many keys are remembered; portals change them every few minutes at most.
const maxKeys = 8

// keyring fetches and remembers keys.
type keyring struct {
	client *client
	keys   map[string][]byte
}

// decrypt decrypts what is encrypted as a whole (AES-128 in CBC mode with PKCS7 padding, §4.4.4.4), in place.
func (r *keyring) decrypt(ctx context.Context, k *key, base *url.URL, sequence uint64, body []byte) ([]byte, error) {
	if k == nil {
		return body, nil
	}
	if k.method != "AES-128" || k.format != "" && k.format != "identity" {
		return nil, fmt.Errorf("%w by %s %s: only AES-128 with a plain key can be decrypted; ask the portal for a stream without DRM",
			errEncrypted, clip(k.method), clip(k.format))
	}
	secret, err := r.fetch(ctx, k, base)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	iv := k.iv
	if iv == nil {
		iv = make([]byte, aes.BlockSize)
		binary.BigEndian.PutUint64(iv[8:], sequence)
	}
	if len(body) == 0 || len(body)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("an encrypted segment of %d bytes: a multiple of %d expected, it is cut short", len(body), aes.BlockSize)
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(body, body)
	pad := int(body[len(body)-1])
	if pad < 1 || pad > aes.BlockSize || !bytes.Equal(body[len(body)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errors.New("a segment cannot be decrypted: its key is wrong")
	}
	return body[:len(body)-pad], nil
}

func (r *keyring) fetch(ctx context.Context, k *key, base *url.URL) ([]byte, error) {
	at, err := base.Parse(k.uri)
	if err != nil {
		return nil, fmt.Errorf("address of the key: %w", errAddress)
	}
	if known := r.keys[at.String()]; known != nil {
		return known, nil
	}
	got, err := r.client.get(ctx, ask{url: at, most: 1 << 10, total: r.client.idle})
	if err != nil {
		return nil, fmt.Errorf("fetch the key: %w", err)
	}
	if len(got.body) != 16 {
		return nil, fmt.Errorf("key at %s is of %d bytes, expected 16", where(at), len(got.body))
	}
	if r.keys == nil || len(r.keys) >= maxKeys {
		r.keys = map[string][]byte{}
	}
	r.keys[at.String()] = got.body
	return got.body, nil
}

// errAddress stands for what net/url says of an address, because it would repeat it with its query.
var errAddress = errors.New("it cannot be read")
