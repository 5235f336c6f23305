// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/otelconf"
	"go.yaml.in/yaml/v3"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/otelenv"
)

// reference is a reference to a variable, which otelconf replaces before it reads the file.
var reference = regexp.MustCompile(`\$\{[^}]*\}`)

// checkFile finds what otelconf overlooks: keys that it does not know, another version of the format, and endpoints that only look like a URL.
func checkFile(content []byte, model *otelconf.OpenTelemetryConfiguration) error {
	var document yaml.Node
	if err := yaml.Unmarshal(reference.ReplaceAll(content, []byte("0")), &document); err != nil {
		return err
	}
	errs := []error{unknownKeys(&document, reflect.TypeOf(*model), "")}
	if major, _, _ := strings.Cut(model.FileFormat, "."); major != "1" {
		errs = append(errs, fmt.Errorf("file_format is %q; allowed: \"1.0\"", model.FileFormat))
	}
	for _, endpoint := range httpEndpoints(model) {
		if endpoint != nil {
			if err := otelenv.CheckEndpoint(*endpoint, otelenv.HTTP); err != nil {
				errs = append(errs, fmt.Errorf("otlp_http: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}

// unknownKeys names the keys of the file that otelconf's model has no field for. The YAML decoder could do it, but otelconf's types decode
// themselves, and then it does not.
func unknownKeys(node *yaml.Node, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var errs []error
	switch {
	case node.Kind == yaml.DocumentNode:
		for _, n := range node.Content {
			errs = append(errs, unknownKeys(n, t, path))
		}
	case node.Kind == yaml.AliasNode:
		return unknownKeys(node.Alias, t, path)
	case node.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for _, n := range node.Content {
			errs = append(errs, unknownKeys(n, t.Elem(), path))
		}
	case node.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		fields := fieldsOf(t)
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			field, ok := fields[key.Value]
			switch {
			case ok:
				errs = append(errs, unknownKeys(node.Content[i+1], field, path+key.Value+"."))
			case key.Tag != "!!merge" && len(fields) > 0: // a pull exporter has no fields: otelconf says that there is none
				errs = append(errs, fmt.Errorf("line %d: unknown key %q; allowed: %s",
					key.Line, path+key.Value, strings.Join(slices.Sorted(maps.Keys(fields)), ", ")))
			}
		}
	}
	return errors.Join(errs...)
}

// fieldsOf returns the types of a struct's fields by their keys in YAML.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" && key != "-" {
			fields[key] = t.Field(i).Type
		}
	}
	return fields
}

func httpEndpoints(model *otelconf.OpenTelemetryConfiguration) []*string {
	var endpoints []*string
	if model.MeterProvider != nil {
		for _, r := range model.MeterProvider.Readers {
			if r.Periodic != nil && r.Periodic.Exporter.OTLPHttp != nil {
				endpoints = append(endpoints, r.Periodic.Exporter.OTLPHttp.Endpoint)
			}
		}
	}
	if model.TracerProvider != nil {
		for _, p := range model.TracerProvider.Processors {
			if p.Batch != nil && p.Batch.Exporter.OTLPHttp != nil {
				endpoints = append(endpoints, p.Batch.Exporter.OTLPHttp.Endpoint)
			}
			if p.Simple != nil && p.Simple.Exporter.OTLPHttp != nil {
				endpoints = append(endpoints, p.Simple.Exporter.OTLPHttp.Endpoint)
			}
		}
	}
	return endpoints
}
