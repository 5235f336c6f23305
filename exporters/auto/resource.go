// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
)

// newResource describes the service. Later options have precedence: the environment overrules the host's name. (The SDK's default
// resource cannot be used for this: it has a service name always.)
func newResource(ctx context.Context, name string) (*resource.Resource, error) {
	if name == "" {
		name = "unknown_service:" + filepath.Base(os.Args[0])
	}
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(), resource.WithAttributes(semconv.ServiceName(name)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	return res, nil
}
