// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// cacheServer is what protoc would make of
//
//	service Cache { rpc Prefill(google.protobuf.StringValue) returns (google.protobuf.Int64Value); }
type cacheServer interface {
	Prefill(ctx context.Context, prompt *wrapperspb.StringValue) (cached *wrapperspb.Int64Value, err error)
}

var cacheService = grpc.ServiceDesc{
	ServiceName: "kv.Cache",
	HandlerType: (*cacheServer)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Prefill", Handler: handlePrefill}},
}

func handlePrefill(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // gRPC's order
	in := new(wrapperspb.StringValue)
	if err := decode(in); err != nil {
		return nil, err
	}
	handle := func(ctx context.Context, req any) (any, error) {
		return srv.(cacheServer).Prefill(ctx, req.(*wrapperspb.StringValue))
	}
	if intercept == nil {
		return handle(ctx, in)
	}
	return intercept(ctx, in, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/kv.Cache/Prefill"}, handle)
}
