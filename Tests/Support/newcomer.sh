#!/usr/bin/env bash
# Makes a package that depends on the version of Martlet that README.md names, as a new user does. Checks that it gets
# everything that users of Martlet need, and nothing that only its developers do. Tests the last commit.
#   newcomer.sh           resolves the package's dependencies
#   newcomer.sh --build   also builds README.md's examples in the package, and fails at a warning; takes some minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(Tests/Support/version.sh)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
package=$folder/application

fail() {
    echo "newcomer.sh: $*" >&2
    exit 1
}

# Prints the sample of README.md whose code contains the argument.
sample() {
    awk -v text="$1" '
        /^```swift$/ { inside = 1; code = ""; next }
        /^```$/ && inside { inside = 0; if (index(code, text)) { printf "%s", code; exit } }
        inside { code = code $0 "\n" }
    ' README.md
}

git clone --quiet . "$folder/martlet"
git -C "$folder/martlet" tag --force "$version" >/dev/null

mkdir -p "$package/Sources/chat" "$package/Sources/page"
dependency=$(sample '.package(' | head -n 1 | sed "s|url: \"[^\"]*\"|url: \"file://$folder/martlet\"|")
product=$(sample '.package(' | tail -n 1)
hummingbird='' page=''
# Reuse what the last run has fetched and compiled.
scratch=.build-newcomer/resolved
if [[ "${1:-}" == --build ]]; then
    scratch=.build-newcomer/built
    hummingbird='.package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),'
    page="
        .executableTarget(
            name: \"page\",
            dependencies: [$product .product(name: \"Hummingbird\", package: \"hummingbird\")]
        ),"
fi
cat >"$package/Package.swift" <<END
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "application",
    platforms: [.macOS(.v14)],
    dependencies: [$dependency $hummingbird],
    targets: [
        .executableTarget(name: "chat", dependencies: [$product]),$page
    ]
)
END
sample '@main struct Chat' >"$package/Sources/chat/Chat.swift"
cat >"$package/Sources/page/Page.swift" <<END
import Hummingbird
import Martlet

@main struct Page {
    static func main() async throws {
        let io = SocketIOServer()
        let router = Router()
$(sample 'let application')
        try await application.runService()
    }
}
END

# An earlier run may have recorded another commit for this version. A fresh security path forgets it.
swift=(--package-path "$package" --scratch-path "$scratch" --security-path "$folder/security")
swift package "${swift[@]}" resolve &>"$folder/log" || fail "the package cannot be resolved: $(cat "$folder/log")"
executables=$(swift package "${swift[@]}" show-executables)
# `swift run martlet` is for users; the other executables are not.
ours=$(grep '(martlet)$' <<<"$executables" || true)
[[ "$ours" == 'martlet (martlet)' ]] || fail "a user of Martlet is shown other executables than the tool: $executables"
echo "a package that depends on Martlet $version gets the library and the tool, and nothing else"

if [[ "${1:-}" == --build ]]; then
    swift build "${swift[@]}" 2>&1 | tee "$folder/log"
    # SwiftPM warns of unhandled files in other packages' folders. Ignore those warnings.
    ! grep 'warning:' "$folder/log" | grep -v "^warning: 'swift-" || fail "building with Martlet warns"
    echo "an application of its own and one of Hummingbird's are built without a warning"
fi
