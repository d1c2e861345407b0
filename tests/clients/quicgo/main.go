// SPDX-License-Identifier: MIT

// asks CA URL...: HTTP/3 by quic-go, each URL after the other on one connection, answers as lines of JSON. A URL may be preceded
// by the Range that is asked for, as "bytes=0-9 https://...". Certificates must be signed by the CA of the first argument.
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/quic-go/quic-go/http3"
)

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.Close()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for _, wanted := range os.Args[2:] {
		if err := ask(client, wanted); err != nil {
			log.Fatal(err)
		}
	}
}

func ask(client *http.Client, wanted string) error {
	span, url, found := strings.Cut(wanted, " ")
	if !found {
		url = wanted
	}
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if found {
		request.Header.Set("Range", span)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(body)
	begin := body[:min(len(body), 4096)]
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"protocol": response.Proto, "status": response.StatusCode, "size": len(body), "range": response.Header.Get("Content-Range"),
		"sha256": hex.EncodeToString(digest[:]), "begin": base64.StdEncoding.EncodeToString(begin),
	})
}
