ALTER TABLE "tidemark"."asset_statistic" ADD COLUMN "check_state" text;--> statement-breakpoint
ALTER TABLE "tidemark"."asset_statistic" ADD COLUMN "checks_passed" integer;--> statement-breakpoint
ALTER TABLE "tidemark"."asset_statistic" ADD COLUMN "checks_failed" integer;--> statement-breakpoint
ALTER TABLE "tidemark"."asset_statistic" ADD COLUMN "checks_pending" integer;