CREATE SCHEMA IF NOT EXISTS "tidemark";
--> statement-breakpoint
CREATE TABLE "tidemark"."asset" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."asset_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"namespace_id" bigint NOT NULL,
	"kind_group" text NOT NULL,
	"name_key" text collate "C" NOT NULL,
	"kind" text,
	"path" text[] NOT NULL,
	"display" text NOT NULL,
	"name" text NOT NULL,
	"database_name" text,
	"schema_name" text,
	"parent_group" text,
	"parent_key" text collate "C",
	"parent_id" bigint,
	"native_id" text,
	"owner" text,
	"comment" text,
	"url" text,
	"properties" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"content_hash" "bytea",
	"placeholder" boolean NOT NULL,
	"appeared_run_id" bigint,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	"removed_reason" text
);
--> statement-breakpoint
CREATE TABLE "tidemark"."asset_constraint" (
	"asset_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"columns" text[] NOT NULL,
	"referenced_namespace_id" bigint,
	"referenced_group" text,
	"referenced_key" text collate "C",
	"referenced_display" text,
	"referenced_columns" text[],
	"definition" text,
	"origin" text NOT NULL,
	"confidence" real NOT NULL,
	"properties" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "asset_constraint_asset_id_kind_name_pk" PRIMARY KEY("asset_id","kind","name")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."asset_index" (
	"asset_id" bigint NOT NULL,
	"name" text NOT NULL,
	"columns" text[] NOT NULL,
	"is_unique" boolean NOT NULL,
	"is_primary" boolean NOT NULL,
	"definition" text,
	"properties" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "asset_index_asset_id_name_pk" PRIMARY KEY("asset_id","name")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."asset_version" (
	"asset_id" bigint NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone,
	"run_id" bigint NOT NULL,
	"record" jsonb NOT NULL,
	CONSTRAINT "asset_version_asset_id_valid_from_pk" PRIMARY KEY("asset_id","valid_from")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."audit_log" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"organization_id" bigint NOT NULL,
	"principal_id" bigint NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "audit_log_id_at_pk" PRIMARY KEY("id","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "tidemark"."change" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."change_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"changed_at" timestamp with time zone NOT NULL,
	"run_id" bigint NOT NULL,
	"source_id" bigint NOT NULL,
	"asset_id" bigint,
	"display" text NOT NULL,
	"field_name" text,
	"operation" text NOT NULL,
	"severity" text,
	"before" jsonb,
	"after" jsonb,
	"baseline" boolean DEFAULT false NOT NULL,
	CONSTRAINT "change_id_changed_at_pk" PRIMARY KEY("id","changed_at")
) PARTITION BY RANGE ("changed_at");
--> statement-breakpoint
CREATE TABLE "tidemark"."definition" (
	"asset_id" bigint PRIMARY KEY NOT NULL,
	"language" text NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."facet" (
	"asset_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "facet_asset_id_kind_name_pk" PRIMARY KEY("asset_id","kind","name")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."field" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."field_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"asset_id" bigint NOT NULL,
	"name_key" text collate "C" NOT NULL,
	"name" text NOT NULL,
	"path" text[] NOT NULL,
	"position" integer NOT NULL,
	"native_type" text NOT NULL,
	"type" text NOT NULL,
	"nullable" boolean NOT NULL,
	"default_value" text,
	"generated" text,
	"comment" text,
	"native_id" text,
	"properties" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "tidemark"."lineage_edge" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."lineage_edge_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"downstream_id" bigint NOT NULL,
	"upstream_namespace_id" bigint NOT NULL,
	"upstream_group" text NOT NULL,
	"upstream_key" text collate "C" NOT NULL,
	"upstream_path" text[] NOT NULL,
	"upstream_display" text NOT NULL,
	"upstream_id" bigint,
	"origin" text NOT NULL,
	"source_id" bigint NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone,
	"last_seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."claim" (
	"item_id" bigint NOT NULL,
	"asset_id" bigint NOT NULL,
	"scope_id" bigint NOT NULL,
	"source_id" bigint NOT NULL,
	"writes" boolean NOT NULL,
	"run_id" bigint NOT NULL,
	"dropped_run_id" bigint,
	CONSTRAINT "claim_item_id_asset_id_pk" PRIMARY KEY("item_id","asset_id")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."inventory" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."inventory_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope_id" bigint NOT NULL,
	"key" text collate "C" NOT NULL,
	"native_id" text,
	"fingerprint" "bytea",
	"absent_run_id" bigint
);
--> statement-breakpoint
CREATE TABLE "tidemark"."namespace" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."namespace_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organization_id" bigint NOT NULL,
	"name" text NOT NULL,
	"aliases" text[] DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."organization" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."organization_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "organization_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."principal" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."principal_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organization_id" bigint NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."scope" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."scope_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"key" text collate "C" NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"fingerprint" text,
	"shape" text,
	"filter" text,
	"visibility" text,
	"watermark" text,
	"last_complete_run_id" bigint
);
--> statement-breakpoint
CREATE TABLE "tidemark"."source" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."source_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organization_id" bigint NOT NULL,
	"name" text NOT NULL,
	"connector" text NOT NULL,
	"namespace_id" bigint NOT NULL,
	"config" jsonb NOT NULL,
	"config_version" integer DEFAULT 1 NOT NULL,
	"secrets" "bytea" NOT NULL,
	"data_key" "bytea" NOT NULL,
	"master_key_id" text NOT NULL,
	"schedule" jsonb,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"reconciled_run_id" bigint DEFAULT 0 NOT NULL,
	"created_by" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tidemark"."store" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"minimum_migrations" integer NOT NULL,
	"views_digest" text
);
--> statement-breakpoint
CREATE TABLE "tidemark"."removal_proposal" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."removal_proposal_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"scope_id" bigint NOT NULL,
	"asset_id" bigint NOT NULL,
	"reason" text NOT NULL,
	"status" text NOT NULL,
	"run_id" bigint NOT NULL,
	"renewed_run_id" bigint NOT NULL,
	"proposed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" bigint
);
--> statement-breakpoint
CREATE TABLE "tidemark"."sync_request" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."sync_request_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"mode" text NOT NULL,
	"scopes" text[],
	"trigger" text NOT NULL,
	"actor_id" bigint NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"run_id" bigint
);
--> statement-breakpoint
CREATE TABLE "tidemark"."sync_run" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tidemark"."sync_run_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"mode" text NOT NULL,
	"trigger" text NOT NULL,
	"actor_id" bigint NOT NULL,
	"config_version" integer NOT NULL,
	"shape" text NOT NULL,
	"filter" text NOT NULL,
	"only_scopes" text[],
	"lease_owner" text NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	"outcome" text,
	"scopes" integer DEFAULT 0 NOT NULL,
	"gaps" integer DEFAULT 0 NOT NULL,
	"listed" integer DEFAULT 0 NOT NULL,
	"described" integer DEFAULT 0 NOT NULL,
	"added" integer DEFAULT 0 NOT NULL,
	"changed" integer DEFAULT 0 NOT NULL,
	"renamed" integer DEFAULT 0 NOT NULL,
	"removed" integer DEFAULT 0 NOT NULL,
	"proposed" integer DEFAULT 0 NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"cost" numeric,
	"scopes_complete" boolean,
	"reconciled_at" timestamp with time zone,
	"error" jsonb
);
--> statement-breakpoint
CREATE TABLE "tidemark"."sync_scope" (
	"run_id" bigint NOT NULL,
	"scope_id" bigint NOT NULL,
	"status" text NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"fingerprint" text,
	"listing" text,
	"visibility" text,
	"visibility_changed" boolean DEFAULT false NOT NULL,
	"watermark" text,
	"baseline_added" boolean DEFAULT false NOT NULL,
	"baseline_changed" boolean DEFAULT false NOT NULL,
	"listed" integer DEFAULT 0 NOT NULL,
	"moved" integer DEFAULT 0 NOT NULL,
	"absent" integer DEFAULT 0 NOT NULL,
	"described" integer DEFAULT 0 NOT NULL,
	"vanished" integer DEFAULT 0 NOT NULL,
	"failed_items" integer DEFAULT 0 NOT NULL,
	"added" integer DEFAULT 0 NOT NULL,
	"changed" integer DEFAULT 0 NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"error" jsonb,
	"plan" jsonb,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	CONSTRAINT "sync_scope_run_id_scope_id_pk" PRIMARY KEY("run_id","scope_id")
);
--> statement-breakpoint
CREATE TABLE "tidemark"."sync_work" (
	"scope_id" bigint NOT NULL,
	"key" text collate "C" NOT NULL,
	"ordinal" bigint NOT NULL,
	"native_id" text,
	"fingerprint" "bytea" NOT NULL,
	"records" jsonb,
	"error" jsonb,
	CONSTRAINT "sync_work_scope_id_key_pk" PRIMARY KEY("scope_id","key")
);
--> statement-breakpoint
ALTER TABLE "tidemark"."asset" ADD CONSTRAINT "asset_namespace_id_namespace_id_fk" FOREIGN KEY ("namespace_id") REFERENCES "tidemark"."namespace"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."audit_log" ADD CONSTRAINT "audit_log_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "tidemark"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."audit_log" ADD CONSTRAINT "audit_log_principal_id_principal_id_fk" FOREIGN KEY ("principal_id") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."lineage_edge" ADD CONSTRAINT "lineage_edge_upstream_namespace_id_namespace_id_fk" FOREIGN KEY ("upstream_namespace_id") REFERENCES "tidemark"."namespace"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."inventory" ADD CONSTRAINT "inventory_scope_id_scope_id_fk" FOREIGN KEY ("scope_id") REFERENCES "tidemark"."scope"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."namespace" ADD CONSTRAINT "namespace_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "tidemark"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."principal" ADD CONSTRAINT "principal_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "tidemark"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."scope" ADD CONSTRAINT "scope_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD CONSTRAINT "source_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "tidemark"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD CONSTRAINT "source_namespace_id_namespace_id_fk" FOREIGN KEY ("namespace_id") REFERENCES "tidemark"."namespace"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD CONSTRAINT "source_created_by_principal_id_fk" FOREIGN KEY ("created_by") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."removal_proposal" ADD CONSTRAINT "removal_proposal_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."removal_proposal" ADD CONSTRAINT "removal_proposal_scope_id_scope_id_fk" FOREIGN KEY ("scope_id") REFERENCES "tidemark"."scope"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."removal_proposal" ADD CONSTRAINT "removal_proposal_decided_by_principal_id_fk" FOREIGN KEY ("decided_by") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_request" ADD CONSTRAINT "sync_request_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_request" ADD CONSTRAINT "sync_request_actor_id_principal_id_fk" FOREIGN KEY ("actor_id") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_run" ADD CONSTRAINT "sync_run_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "tidemark"."source"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_run" ADD CONSTRAINT "sync_run_actor_id_principal_id_fk" FOREIGN KEY ("actor_id") REFERENCES "tidemark"."principal"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_scope" ADD CONSTRAINT "sync_scope_run_id_sync_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "tidemark"."sync_run"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_scope" ADD CONSTRAINT "sync_scope_scope_id_scope_id_fk" FOREIGN KEY ("scope_id") REFERENCES "tidemark"."scope"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_work" ADD CONSTRAINT "sync_work_scope_id_scope_id_fk" FOREIGN KEY ("scope_id") REFERENCES "tidemark"."scope"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "asset_identity" ON "tidemark"."asset" USING btree ("namespace_id","kind_group","name_key");--> statement-breakpoint
CREATE INDEX "asset_parent" ON "tidemark"."asset" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "asset_parent_unresolved" ON "tidemark"."asset" USING btree ("namespace_id","parent_group","parent_key") WHERE parent_id is null and parent_key is not null;--> statement-breakpoint
CREATE INDEX "asset_placeholder" ON "tidemark"."asset" USING btree ("namespace_id") WHERE placeholder;--> statement-breakpoint
CREATE INDEX "asset_constraint_referenced" ON "tidemark"."asset_constraint" USING btree ("referenced_namespace_id","referenced_group","referenced_key") WHERE referenced_key is not null;--> statement-breakpoint
CREATE INDEX "change_run" ON "tidemark"."change" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "change_asset" ON "tidemark"."change" USING btree ("asset_id","changed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "field_identity" ON "tidemark"."field" USING btree ("asset_id","name_key");--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_edge_live" ON "tidemark"."lineage_edge" USING btree ("downstream_id","origin","upstream_namespace_id","upstream_group","upstream_key") WHERE valid_to is null;--> statement-breakpoint
CREATE INDEX "lineage_edge_upstream" ON "tidemark"."lineage_edge" USING btree ("upstream_id") WHERE valid_to is null;--> statement-breakpoint
CREATE INDEX "lineage_edge_name" ON "tidemark"."lineage_edge" USING btree ("upstream_namespace_id","upstream_group","upstream_key") WHERE valid_to is null;--> statement-breakpoint
CREATE INDEX "lineage_edge_unresolved" ON "tidemark"."lineage_edge" USING btree ("source_id") WHERE valid_to is null and upstream_id is null;--> statement-breakpoint
CREATE INDEX "claim_asset" ON "tidemark"."claim" USING btree ("asset_id");--> statement-breakpoint
CREATE INDEX "claim_scope" ON "tidemark"."claim" USING btree ("scope_id");--> statement-breakpoint
CREATE INDEX "claim_run" ON "tidemark"."claim" USING btree ("source_id","run_id");--> statement-breakpoint
CREATE INDEX "claim_dropped" ON "tidemark"."claim" USING btree ("source_id") WHERE dropped_run_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "claim_writes" ON "tidemark"."claim" USING btree ("asset_id") WHERE writes;--> statement-breakpoint
CREATE UNIQUE INDEX "inventory_key" ON "tidemark"."inventory" USING btree ("scope_id","key");--> statement-breakpoint
CREATE INDEX "inventory_absent" ON "tidemark"."inventory" USING btree ("scope_id") WHERE absent_run_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "namespace_name" ON "tidemark"."namespace" USING btree ("organization_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "principal_name" ON "tidemark"."principal" USING btree ("organization_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "scope_key" ON "tidemark"."scope" USING btree ("source_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "source_name" ON "tidemark"."source" USING btree ("organization_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "removal_proposal_asset" ON "tidemark"."removal_proposal" USING btree ("source_id","asset_id") WHERE status in ('open', 'approved', 'rejected');--> statement-breakpoint
CREATE INDEX "sync_request_pending" ON "tidemark"."sync_request" USING btree ("source_id") WHERE run_id is null;--> statement-breakpoint
CREATE INDEX "sync_request_run" ON "tidemark"."sync_request" USING btree ("run_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sync_run_single_flight" ON "tidemark"."sync_run" USING btree ("source_id") WHERE completed_at is null;--> statement-breakpoint
CREATE INDEX "sync_run_history" ON "tidemark"."sync_run" USING btree ("source_id","id");--> statement-breakpoint
CREATE TABLE "tidemark"."audit_log_default" PARTITION OF "tidemark"."audit_log" DEFAULT;--> statement-breakpoint
CREATE TABLE "tidemark"."change_default" PARTITION OF "tidemark"."change" DEFAULT;--> statement-breakpoint
INSERT INTO "tidemark"."store" ("minimum_migrations") VALUES (1);--> statement-breakpoint
INSERT INTO "tidemark"."organization" ("name") VALUES ('default');
